"""Migrations of the state database, run by `flightrules.state.schema` inside its transaction."""
