using Cmud.Silo;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>Runs of free ports of loopback, none given twice in a run of the tests.</summary>
/// <remarks>
/// Below the ports that systems give to those who ask for any (32768 and up on Linux), so that no outgoing connection takes one between the look
/// and the start. Two runs on one machine begin at different places.
/// </remarks>
internal static class TestPorts
{
    private const int First = 10_000;
    private const int Last = 32_000;

    private static int _next = First + Environment.ProcessId * 97 % (Last - First);

    /// <summary>The first of 1 + <paramref name="count"/> free ports.</summary>
    public static int Next(int count)
    {
        while (true)
        {
            var port = Interlocked.Add(ref _next, count + 1) - count - 1;
            if (port + count > Last) Interlocked.Exchange(ref _next, First);
            else if (Ports.Refuse(new() { Port = port, QueryGrains = count }) is null) return port;
        }
    }
}
