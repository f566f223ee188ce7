"""The rows of the aws stand-in, with one module for each group of services."""
