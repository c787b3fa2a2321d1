"""What a crash looks like to the test that must notice one."""

import os

os.abort()
