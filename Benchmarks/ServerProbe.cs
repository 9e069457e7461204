using System.Diagnostics;
using System.Globalization;

namespace Cmud.Benchmarks;

/// <summary>The processor time and memory of the server that listens on a port of this machine; nothing where there is none, or no /proc.</summary>
internal sealed class ServerProbe
{
    private const string Listening = "0A";

    private readonly Process? _process;

    public ServerProbe(int port) => _process = Find(port);

    /// <summary>Seconds of processor time since it started; null where it is not known.</summary>
    public double? Worked
    {
        get
        {
            _process?.Refresh();
            return _process?.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Its memory in MiB.</summary>
    public double? Memory
    {
        get
        {
            _process?.Refresh();
            return _process?.WorkingSet64 / (double)(1 << 20);
        }
    }

    /// <summary>By the number of the socket that listens, which one process has open.</summary>
    private static Process? Find(int port)
    {
        if (!OperatingSystem.IsLinux()) return null;

        var sockets = ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(row => row.Length > 9 && row[3] == Listening && row[1].EndsWith(string.Create(CultureInfo.InvariantCulture, $":{port:X4}"), StringComparison.Ordinal))
            .Select(static row => $"socket:[{row[9]}]").ToHashSet();
        return sockets.Count == 0 ? null : Process.GetProcesses().FirstOrDefault(process => HasOpen(process.Id, sockets));
    }

    private static bool HasOpen(int process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => File.ResolveLinkTarget(file, returnFinalTarget: false) is { Name: var name } && sockets.Contains(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or it has ended.
            return false;
        }
    }
}
