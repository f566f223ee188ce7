"""The rows of the aws stand-in, a module for each group of services."""
