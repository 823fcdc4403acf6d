"""Payment orders, payments and refunds as rows; gateway.py alone knows Razorpay. Start at record.py."""
