# The QR code generator, as the target strongroom_qrcodegen: linked from its archive where there is one, so that no start of the program
# binds a library for what few requests need.
find_path(QRCODEGEN_INCLUDE qrcodegen/qrcodegen.h REQUIRED)
find_library(QRCODEGEN_LIBRARY NAMES libqrcodegen.a qrcodegen REQUIRED)
add_library(strongroom_qrcodegen INTERFACE)
target_include_directories(strongroom_qrcodegen SYSTEM INTERFACE ${QRCODEGEN_INCLUDE})
target_link_libraries(strongroom_qrcodegen INTERFACE ${QRCODEGEN_LIBRARY})
