"""The stand-in for Razorpay, driven as Matinee and a browser drive the real one."""
