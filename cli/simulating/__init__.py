"""What `steelyard simulate` is made of; numpy, scipy and matplotlib are imported here alone."""
