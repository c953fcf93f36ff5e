"""Pre-trained models: what each is and where it comes from, and putting its weights in place. Never at run time."""
