"""The pure core: signed records, their logs and their merge; it computes and never does I/O."""
