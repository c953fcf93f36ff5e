"""The MONAI Label side: datastore, infer tasks, strategies, and the outer web application that guards them."""
