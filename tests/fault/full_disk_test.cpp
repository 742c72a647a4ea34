#include "tests/fault/workload.h"
