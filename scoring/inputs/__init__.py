"""What indicators depend on: derived arrays of a batch, by source."""
