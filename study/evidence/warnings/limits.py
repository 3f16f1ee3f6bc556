"""From where on something is warned of, each with its reason. Those of hints and coefficients stand
beside these.
"""

from __future__ import annotations

EDGE = 0.1
"""Outermost share of a searched range, of its logarithm where that is searched, that counts as its
edge."""
EDGE_CHANCE = 0.05
"""Probability that anything of a target is at an edge where best trials fall anywhere, over all
edges that are looked at."""
DRIFT_CHANCE = 0.01
"""Probability that any column of a target drifts where chance alone moves them, over all columns
and folds."""
LAST = 0.25
"""Part of a search's trials, the last ones, whose gain tells what as many more would bring."""
PART_OF_MARGIN = 0.25
"""Part of what has to be gained to matter that those trials brought: were each quarter to bring
half of the one before, as much again would still be to come; with other models' luck that may be
half of what decides."""
FAILED = 0.1
"""Share of a model's trials that failed, from which on its search was not that of the others: one
in ten."""
SURE = 2.0
"""Standard errors that a mean over outer folds lies away from 0 where it is taken to be real, about
95%."""
FEW_CARRY, FEW_SHARE = 3, 0.02
"""So many units, or this share of them, are few to carry half of a variance: of normal differences
an eighth of them do."""
FEWER = 1 / 16
"""Share of the units above which they are not few, however small the table: half the eighth that
carry it where differences are normally distributed. Of 30 rows three would be no less than
usual."""
WIDER = 3.0
"""Times an interval that few units carry is widened about its gain: one that then still lies on its
side of what matters is not in doubt. So far too narrow is one whose variance is a ninth of the
truth."""
RARE = 10
"""Rows of a class below which its probability is hardly learnt: of ten events a single coefficient
can be estimated, by the rule of thumb of Peduzzi et al. 1996, *A simulation study of the number of
events per variable in logistic regression*."""
LEAK = 0.99
"""R² or AUC of one column, above which it is more likely the target in another dress than a
measurement: the best columns of the five tables of scikit-learn reach 0.98."""
ORDERED = 0.9
"""The same of numbers that count or name the rows: these should predict nothing."""
MARKED = 3
"""Cells of one value from which on it repeats."""
FAR, LEAST_VALUES, MOST_MARKED = 2, 10, 0.05
"""Ranges of the other values that lie between them and one that is none of them; of fewer values a
distance says little, and a value of many cells, such as an amount of 0, has its reason."""
RARER = 10
"""Times that a misspelt level is rarer than the right one."""
TWINS = 0.01
"""Share of test rows with a twin in development rows that is warned of: a loss of 0 there moves a
mean loss by as much."""
CHANCE_TWINS = 10
"""Times that twins are more than chance makes of independent columns; of a few coarse columns it
makes many."""
FINE = 5
"""Rows that share the rarest value of a twin at most: where all its values are frequent, equal rows
say nothing. People without any income are equal in ten columns."""
LOG_GAIN = 0.05
"""Share of its squared error that a quick regression must be rid of by a logarithm, and that of a
constant too: the default margin."""
DISTANCE = 0.25
"""Kolmogorov-Smirnov distance between test and development rows that is warned of: that of two
normal distributions whose means are 0.64 standard deviations apart."""
