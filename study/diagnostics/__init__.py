"""What the models say: reference fits, coefficients, the terms that a regression lacks, and boosted trees beside them."""
