"""The names under which the documents know the server; everything behind them is in `app` and `studio`."""
