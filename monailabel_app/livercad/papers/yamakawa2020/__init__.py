"""The study of Yamakawa et al. 2020 (Jpn J Appl Phys 59, SKKE09): how much around a tumour a network should see."""
