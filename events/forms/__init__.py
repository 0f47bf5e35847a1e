"""What people fill in: visitors and registrants, and organisers."""
