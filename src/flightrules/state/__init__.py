"""What `flight` remembers between two runs, in the state folder, besides the ledger."""
