"""Records in the forms of other tools: tables, Optuna, MLflow."""
