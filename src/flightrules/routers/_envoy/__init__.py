"""What the Envoy router is made of; `flightrules.routers.envoy` is the way in."""
