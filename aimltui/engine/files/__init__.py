"""Bytes of files: the blob store, file names, indexing and cleanup."""
