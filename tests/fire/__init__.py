"""What strangers send: everything that the document allows, everything that it forbids, and what is meant badly."""
