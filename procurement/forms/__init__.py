"""What people fill in: followers, organisers of calls, the people of a trajectory."""
