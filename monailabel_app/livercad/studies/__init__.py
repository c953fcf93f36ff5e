"""Reading what users have, and saving results on the input's own grid."""
