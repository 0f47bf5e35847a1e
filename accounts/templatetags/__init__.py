"""What the apps' templates ask of people."""
