"""The organisers' workspace: what somebody sees and does for the sessions of their programmes."""
