@echo off
rem The developer's command on Windows; dev help tells what it does. Linux has dev.
setlocal
cd /d "%~dp0"
set PRESET=msvc-x64
if "%~1"=="demo" goto demo
if "%~1"=="test" goto test
if "%~1"=="format" goto format
if "%~1"=="" goto help
if "%~1"=="help" goto help
call :usage 1>&2
exit /b 2

:help
call :usage
exit /b 0

:usage
echo usage: dev COMMAND
echo.
echo   demo [ARG...]   build the tool and run "byname demo ARG..."
echo   test [PRESET]   build and test; presets: msvc-x64 (default) msvc-x64-shared msvc-x86 msvc-x86-shared
echo   format          format all sources (clang-format)
echo   help            this text
echo.
echo Needs Visual Studio 2022 with "Desktop development with C++" and vcpkg (VCPKG_ROOT), which builds
echo APR and CUnit at the first run.
exit /b 0

:demo
shift
set ARGS=
:more
if "%~1"=="" goto ready
set ARGS=%ARGS% %1
shift
goto more
:ready
call :build byname_tool || exit /b 1
build\%PRESET%\bin\RelWithDebInfo\byname.exe demo%ARGS%
exit /b %ERRORLEVEL%

:test
if not "%~2"=="" set PRESET=%~2
call :build ALL_BUILD || exit /b 1
ctest --preset %PRESET%
exit /b %ERRORLEVEL%

:format
where clang-format >nul 2>nul || (
    echo missing: clang-format. Install LLVM: winget install LLVM.LLVM 1>&2
    exit /b 1
)
for /f "delims=" %%f in ('git ls-files *.c *.h') do clang-format -i "%%f" || exit /b 1
exit /b 0

rem Finds the tools, builds the packages and the target %1 of the preset.
:build
where git >nul 2>nul || (
    echo missing: git. Install it: winget install Git.Git 1>&2
    exit /b 1
)
where cmake >nul 2>nul || (
    echo missing: cmake 3.21 or newer. Install it: winget install Kitware.CMake 1>&2
    exit /b 1
)
if not exist "%ProgramFiles(x86)%\Microsoft Visual Studio\Installer\vswhere.exe" (
    echo missing: Visual Studio 2022 with "Desktop development with C++" 1>&2
    echo Install it: winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended --passive" 1>&2
    exit /b 1
)
rem Visual Studio's own vcpkg, which its prompt names, has no ports and cannot install.
if defined VCPKG_ROOT if not exist "%VCPKG_ROOT%\ports\" set VCPKG_ROOT=
if not defined VCPKG_ROOT if exist C:\vcpkg\vcpkg.exe set VCPKG_ROOT=C:\vcpkg
if not defined VCPKG_ROOT (
    echo missing: vcpkg, or VCPKG_ROOT does not name its folder. Clone GitHub's microsoft/vcpkg 1>&2
    echo to C:\vcpkg and run C:\vcpkg\bootstrap-vcpkg.bat 1>&2
    exit /b 1
)
set TRIPLET=x64-windows-static-md
if not "%PRESET:x86=%"=="%PRESET%" set TRIPLET=x86-windows-static-md
"%VCPKG_ROOT%\vcpkg.exe" install apr cunit --triplet %TRIPLET% || exit /b 1
cmake --preset %PRESET% || exit /b 1
cmake --build --preset %PRESET% --parallel --target %1 || exit /b 1
exit /b 0
