"""LiverCAD: computer-aided diagnosis of liver lesions. Research software, not a medical device."""

import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # MONAI imports MLflow, which tells its makers of its use by default

__version__ = "0.1.0"
