"""Errors of model endpoints, classified and put into sentences."""
