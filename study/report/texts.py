"""What the report says between its figures and tables, in plain words."""

from __future__ import annotations

READING = """\
## How to read this

Every **arm** is one model family on one target: the constant that ignores all features, the regression (no hidden layer), and
networks with 1, 2, ... hidden layers. Every arm with hyperparameters to search had the same number of trials. Validation rows
chose the best trial of each arm, its **incumbent**; test rows, which nothing had seen before, then judged it once.

**The network** is the whole procedure: take the depth with the least validation loss, then average the predictions of its
replicates. **The gain** is the share of the regression's loss that it saves. Its 95 % interval against the margin of {margin}
decides: wholly above, the network is worth it; wholly below, the regression is enough; otherwise it is undecided, and the
simpler model stays.
"""

GAINS = """\
## Is the network better?

Each dot is a network, placed by how much less loss it has on the test rows than the regression; the line is the 95 % interval.
Right of the dashed line the gain is larger than the margin. The shaded band is too small a difference to change the model for;
left of it the regression is better.
"""

SHORTFALL = """\
## What does the regression miss?

The network as a detector of what the regression lacks. Products of two columns, squares, cubes and hinges, which bend at
the median, were added to the regression, refitted on the same splits. The *gap* is the regression's test loss less the
network's. The upper table ranks terms added alone; the lower one adds the best term of the development rows again and again
until the regression is within the margin of the network, or nothing helps. The formula, where there is one, is the smallest
such regression in original units: it may serve in place of the network.
"""

TEST = """\
## Loss on the test rows

Further left is better. Dots are means over the test rows, lines their 95 % intervals. The intervals of two models may overlap
although one is reliably better: both are judged on the same rows, and the paired comparison below uses that.
"""

SCORES = """\
### Scores

*refit* is the incumbent trained again on all development rows, *ensemble* the mean prediction of the search's replicates.
*Optimism* is validation loss less test loss: far below zero, the search flattered itself. *Calibration error* is how far, on
average, the share of hits lies from the predicted probability, in ten bins of equally many test rows by that probability; of
several classes that of the most probable one.
"""

UNDECIDED = """\
## At how many rows would it be decided?

The network and the regression refitted on parts of the development rows, judged on the same test rows: dots are the gain, lines
two standard errors. The dashed line is the margin; the dotted line, where there is one, is where it is likely decided.
"""

SPREAD = """\
### Ranks, and where the spread comes from

*The network* chooses its depth by validation loss. The last columns are standard deviations of the loss on one outer fold's
test rows: what other training rows and choices change (*splits*), what another start of training changes for one refitted
network (*seeds*), and the luck of which rows are tested (*rows*).
"""

PAIRS = """\
### Every model against every simpler one

*gain* is the share of the simpler model's loss that the model saves, compared row by row. *p* tests for no difference at all;
after Holm it allows for all comparisons of the families, or of the depths, which are two questions. The last columns are the
probabilities that the gain is above the margin, within it, or that the model is worse by more than the margin.
"""

PREDICTED = """\
## Predicted and observed

One point a test row. On the grey line the prediction is right; a bend away from it is structure that the model misses.
"""

PROBABILITIES = """\
## Are the probabilities right?

Left: test rows in ten groups by predicted probability; on the grey line a predicted 30 % happens 30 % of the time. Right: how
many cases are found for how many false alarms; the closer to the upper left corner the better.
"""

COEFFICIENTS = """\
## What the regressions say

A regression is a network without hidden layers, so its weights can be checked: dots are the weights that training found, bars
those of an exact fit with its 95 % interval. They are per unit of each column as it stands in the table; for a logistic
regression in log-odds, for a Poisson regression in log-rates. An odds ratio is what one unit multiplies the odds by; the share
of the largest weight stays true where classes separate and the weights grow without end. Where a standard error would mean
nothing, the note says why. A penalised weight has none: it is pulled towards 0 on purpose. Beside it stands the fit of the
same rows without the penalty, with its own standard error, and how many of those the pull is.
"""

SEARCH = """\
## Validation loss of every replicate

Each point is one replicate (an inner fold and a seed) of the arm's incumbent, the black bar their mean. The spread shows how
much the loss depends on which rows were seen and where training started.
"""

SO_FAR = """\
## Was the search long enough?

The least validation loss after so many trials. A line still falling at its end says that more trials could help that arm.
"""

CURVES = """\
## How the incumbents learned

A line a replicate{fold}: coloured is validation, dashed is training. Validation rising while training falls is overfitting;
each replicate kept the weights of its lowest validation loss.
"""

INCUMBENTS = "## The winners and their hyperparameters"

DATA = "## The data"

FAILURES = "## Trials that failed"

REPRODUCE = """\
## Reproduce it

`config.yaml` in this folder is the whole description of the study; the same config gives the same numbers on any number of
workers. From the project's folder:

```
study run {config}
study report {folder}
```

This notebook runs again as it is, in this folder. What it was run with:
"""
