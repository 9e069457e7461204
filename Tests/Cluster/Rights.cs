using System.Diagnostics;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>A test that mounts a small disk; skipped, with the reason, where this user may not.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly string? Reason = Tmpfs.RefusalOf();

    public MountFactAttribute() => Skip = Reason is null ? null : $"NOT TESTED: this user may not mount a tmpfs ({Reason}); run as root.";
}

/// <summary>A test that makes system calls of a server fail; skipped, with the reason, where this user may not trace.</summary>
public sealed class TraceFactAttribute : FactAttribute
{
    private static readonly string? Reason = Tool.RefusalOf("strace", "-o", "/dev/null", "true");

    public TraceFactAttribute() => Skip = Reason is null ? null : $"NOT TESTED: strace cannot trace here ({Reason}); install it, or allow ptrace.";
}

/// <summary>A test whose server's disk takes only a part of what it is given; skipped, with the reason, where there is no libfiu.</summary>
public sealed class ShortWriteFactAttribute : FactAttribute
{
    private static readonly string? Reason = Tool.RefusalOf("fiu-run", "-x", "true");

    public ShortWriteFactAttribute() => Skip = Reason is null ? null : $"NOT TESTED: no short writes can be made here ({Reason}); install fiu-utils.";
}

/// <summary>A disk of a few MiB in memory, mounted while the test runs.</summary>
internal sealed class Tmpfs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public Tmpfs(int mebibytes)
    {
        if (Mount(_directory.Path, mebibytes) is { } refusal) throw new InvalidOperationException(refusal);
    }

    public string Path => _directory.Path;

    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Null where one may be mounted, else why not.</summary>
    public static string? RefusalOf()
    {
        using var directory = new TemporaryDirectory();
        return Mount(directory.Path, mebibytes: 1) ?? Tool.RefusalOf("umount", directory.Path);
    }

    /// <summary>Fills it with a file until so much is free; gives the file.</summary>
    public string FillUntilFree(long bytes)
    {
        var file = _directory.In("ballast");
        using var stream = File.Create(file);
        var block = new byte[64 * 1024];
        while (Free > bytes)
        {
            stream.Write(block);
            stream.Flush();
        }

        return file;
    }

    public void Dispose()
    {
        if (Tool.RefusalOf("umount", "--lazy", Path) is { } refusal) throw new InvalidOperationException(refusal);
        _directory.Dispose();
    }

    private static string? Mount(string path, int mebibytes) => Tool.RefusalOf("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", path);
}

/// <summary>A program of the system.</summary>
internal static class Tool
{
    /// <summary>Null where it ended well, else what it said.</summary>
    public static string? RefusalOf(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : said;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
