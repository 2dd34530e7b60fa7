"""What only makes programs start sooner. Without any file of these, results are the same bits."""
