"""What only makes programs start sooner; it changes no number."""
