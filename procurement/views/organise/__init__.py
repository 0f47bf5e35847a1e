"""The organisers' workspace for calls."""
