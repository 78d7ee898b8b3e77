# find_package(etude CONFIG) gives the targets etude::etude, the shared library, and etude::static, the static one.
# Everything is found from where this file lies, so that the folder can be moved.

get_filename_component(_etude_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
# What Rust's standard library needs of the system.
set(_etude_system "@NATIVE_LIBRARIES@")

if(WIN32)
    set(_etude_shared "${_etude_prefix}/bin/etude.dll")
    set(_etude_static "${_etude_prefix}/lib/etude.lib")
elseif(APPLE)
    set(_etude_shared "${_etude_prefix}/lib/libetude.@SOVERSION@.dylib")
    set(_etude_static "${_etude_prefix}/lib/libetude.a")
else()
    set(_etude_shared "${_etude_prefix}/lib/libetude.so.@SOVERSION@")
    set(_etude_static "${_etude_prefix}/lib/libetude.a")
endif()

if(NOT TARGET etude::etude AND EXISTS "${_etude_shared}")
    add_library(etude::etude SHARED IMPORTED)
    set_target_properties(etude::etude PROPERTIES
        IMPORTED_LOCATION "${_etude_shared}"
        INTERFACE_INCLUDE_DIRECTORIES "${_etude_prefix}/include")
    if(WIN32)
        set_target_properties(etude::etude PROPERTIES IMPORTED_IMPLIB "${_etude_prefix}/lib/etude.dll.lib")
    endif()
endif()

if(NOT TARGET etude::static AND EXISTS "${_etude_static}")
    add_library(etude::static STATIC IMPORTED)
    set_target_properties(etude::static PROPERTIES
        IMPORTED_LOCATION "${_etude_static}"
        IMPORTED_LINK_INTERFACE_LANGUAGES "C"
        INTERFACE_INCLUDE_DIRECTORIES "${_etude_prefix}/include"
        INTERFACE_LINK_LIBRARIES "${_etude_system}")
endif()

if(NOT TARGET etude::etude AND NOT TARGET etude::static)
    set(etude_FOUND FALSE)
    set(etude_NOT_FOUND_MESSAGE "no library in ${_etude_prefix}")
endif()

unset(_etude_prefix)
unset(_etude_shared)
unset(_etude_static)
unset(_etude_system)
