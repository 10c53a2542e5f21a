"""Tests of the file search tool."""
