"""What a release is: pure and synchronous; no clock, no input or output, no library beyond the standard one."""
