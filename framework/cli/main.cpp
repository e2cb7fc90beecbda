#include "framework/cli/cli.h"

int main(int count, char** arguments) { return fovea::cli::main(count, arguments); }
