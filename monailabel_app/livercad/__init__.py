"""LiverCAD: computer-aided diagnosis of liver lesions. Research software, not a medical device."""

__version__ = "0.1.0"
