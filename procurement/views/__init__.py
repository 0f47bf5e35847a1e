"""What is asked and answered about calls; their pages are the portal's."""
