#pragma once

#include <string>
#include <string_view>

// Who may ask: other users of this machine, and pages of other sites in the same browser, may not.
namespace fovea {

/// 128 bits from the random source of the system, as 32 hexadecimal digits.
std::string make_token();

/// Takes the same time wherever the two differ.
bool is_token(std::string_view given, std::string_view token);

/// True for 127.0.0.1 and localhost with this port. A page whose own name leads to 127.0.0.1 (DNS rebinding) has another.
bool is_own_host(std::string_view host, int port);

}  // namespace fovea
