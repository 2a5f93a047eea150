// mallopt: Swift's Glibc module leaves <malloc.h> out.
#pragma once
#include <malloc.h>
