"""What ``monailabel start_server --app monailabel_app`` looks for: the LiverCAD app."""

from livercad.server.app import LiverCADApp  # noqa: F401
