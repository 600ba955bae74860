"""Results as documents: the review deck."""
