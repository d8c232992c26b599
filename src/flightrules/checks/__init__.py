"""Kinds of checks, one module each: its name is the key by which a plan asks for it (`run:`, `http:`).

A module declares

- `Options`, a frozen pydantic model, and in `MAIN` the field that a plain text behind the key fills; with `NAMED` a
  mapping there fills it too, whose names are of the plan's own choosing, and is not one of all options;
- `WITHIN`, the seconds that it may take where the plan says nothing;
- `VALUES`, the unit of each value that `expect` may name, and in `OPEN` whether it may name others too (fields of an
  answer that only the team knows); the values that are texts stand in `TEXTS`, where there are any;
- `EXPECTED`, what is expected unless the plan expects something else of the same value, and in `YIELDS` whether a plan
  that expects something of a value outside of `VALUES` leaves it at that;
- `create(options, tools)`, which returns an `Inspection`;
- where it may be so, `needs_service(options)`: whether it asks a service of the plan, and `needs_commit(options)`:
  whether it asks about the commit that is released;
- where it is so, `OF_WHAT_SERVES`: it looks at what serves, whichever version that is, and not at what is released or
  at people; in `verify` it is asked again after a way back;
- perhaps `missing()`, which says what has to be installed before it can be asked here, empty where nothing has.
"""
