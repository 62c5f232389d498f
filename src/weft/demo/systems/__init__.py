"""What each system of the retailer keeps of its people, in that system's own form."""
