"""Text out of files from untrusted sources, split into chunks."""
