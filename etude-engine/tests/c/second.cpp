// A second unit of the same program.

#include "etude.hpp"

bool fits();
bool fits() { return etude::fits(); }
