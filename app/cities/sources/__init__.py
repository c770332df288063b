"""A recorded city: its files read as the profile says, everything located, refused rows kept with their reasons."""
