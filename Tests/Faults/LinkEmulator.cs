using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Faults;

/// <summary>A switch with long cables: each packet that comes in at a port leaves another one a fixed time later, or never. Order and throughput stay.</summary>
/// <remarks>
/// Not every kernel can delay packets by itself (netem). Ports are interfaces of this machine, read and written as they are (AF_PACKET), whose other ends are in network namespaces; the
/// last byte of a packet's hardware address says to which port it goes. What TCP makes of delay and loss is the kernel's own doing.
/// </remarks>
internal sealed partial class LinkEmulator : IAsyncDisposable
{
    /// <summary>Beyond what an interface carries without offloads: 1,500 bytes and the Ethernet header.</summary>
    private const int MaxPacket = 2_048;

    private const int AllProtocols = 3;

    /// <summary>What waits before a narrow cable at most, as in a router: what comes then is lost.</summary>
    private const int MaxWaiting = 16 << 10;

    private readonly TimeSpan _oneWay;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _ports = [];
    private readonly List<Channel<Packet>> _cables = [];
    private readonly Task _running;
    private readonly Lock _gate = new();
    private Random _chance = new(0);
    private readonly List<Narrowing?> _narrow = [];
    private double _loss;
    private long _carried;
    private long _lost;

    /// <param name="interfaces">The near ends of the cables. The far ends have the hardware addresses of <see cref="AddressOf"/>.</param>
    /// <param name="oneWay">How long each packet is under way.</param>
    public LinkEmulator(IEnumerable<string> interfaces, TimeSpan oneWay)
    {
        _oneWay = oneWay;
        foreach (var name in interfaces)
        {
            var port = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)IPAddress.HostToNetworkOrder((short)AllProtocols));
            _ports.Add(port);
            _cables.Add(Channel.CreateUnbounded<Packet>());
            _narrow.Add(null);
            // SOL_PACKET, PACKET_IGNORE_OUTGOING: what is sent here is not to come in here again.
            port.SetRawSocketOption(263, 23, BitConverter.GetBytes(1));
            port.Bind(new InterfaceEndPoint(IndexOf(name)));
        }

        _running = Task.WhenAll(_ports.Select((_, port) => TakeAsync(port)).Concat(_ports.Select((_, port) => GiveAsync(port))));
    }

    /// <summary>Packets that arrived, and that were lost, so far.</summary>
    public (long Carried, long Lost) Packets => (Interlocked.Read(ref _carried), Interlocked.Read(ref _lost));

    /// <summary>The hardware address of the far end of a cable.</summary>
    public static string AddressOf(int port) => FormattableString.Invariant($"02:00:00:00:00:{port:x2}");

    /// <summary>Makes an interface send packets as a wire would carry them: of its own size, with their checksums, which otherwise are left to a card that is not there.</summary>
    public static unsafe void EndOffloads(string name)
    {
        // SIOCETHTOOL: transmit checksums, segmentation by TCP, by anybody; and receive coalescing.
        foreach (var feature in (ReadOnlySpan<uint>)[0x17, 0x1f, 0x24, 0x2c])
        {
            var value = stackalloc uint[] { feature, 0 };
            var request = stackalloc byte[40];
            for (var i = 0; i < name.Length; i++) request[i] = (byte)name[i];
            *(uint**)(request + 16) = value;
            using var any = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            if (Control((int)any.Handle, 0x8946, request) < 0) throw new InvalidOperationException($"Offload {feature:x} of {name} cannot be ended: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>From now on a share of all packets is lost, as the seed has it.</summary>
    public void Lose(double share, int seed)
    {
        lock (_gate) (_loss, _chance) = (share, new(seed));
    }

    /// <summary>From now on no more than so many bytes a second come out at a port; null ends that.</summary>
    public void Narrow(int port, int? bytesPerSecond)
    {
        lock (_gate) _narrow[port] = bytesPerSecond is { } rate ? new(rate) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (var port in _ports) port.Dispose();
        await _running;
        _end.Dispose();
    }

    private async Task TakeAsync(int port)
    {
        var buffer = new byte[MaxPacket];
        await UntilDownAsync(async () =>
        {
            while (true)
            {
                var length = await _ports[port].ReceiveAsync(buffer, _end.Token);
                var entered = TimeProvider.System.GetTimestamp();
                if (IsLost()) continue;

                // To one, or where the first bit says so (who has this address?) to all others.
                foreach (var (other, cable) in _cables.Index())
                {
                    if (other != port && ((buffer[0] & 1) == 1 || buffer[5] == other) && Due(other, entered, length) is { } due) cable.Writer.TryWrite(new(due, buffer[..length]));
                }
            }
        });
    }

    private async Task GiveAsync(int port) => await UntilDownAsync(async () =>
    {
        await foreach (var (due, bytes) in _cables[port].Reader.ReadAllAsync(_end.Token))
        {
            var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
            // Timers drop what is less than a millisecond; nothing may arrive early.
            if (left > TimeSpan.Zero) await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), TimeProvider.System, _end.Token);
            await _ports[port].SendAsync(bytes, _end.Token);
            Interlocked.Increment(ref _carried);
        }
    });

    private static async Task UntilDownAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || e is SocketException { SocketErrorCode: SocketError.NetworkDown or SocketError.OperationAborted })
        {
            // It is disposed of, or the network is.
        }
    }

    /// <summary>When a packet comes out at a port; null where it never does.</summary>
    private long? Due(int port, long entered, int bytes)
    {
        var due = entered + (long)(_oneWay.TotalSeconds * TimeProvider.System.TimestampFrequency);
        lock (_gate)
        {
            if (_narrow[port] is not { } narrow) return due;

            var ticksPerByte = (double)TimeProvider.System.TimestampFrequency / narrow.BytesPerSecond;
            if (narrow.FreeAt - due > MaxWaiting * ticksPerByte)
            {
                Interlocked.Increment(ref _lost);
                return null;
            }

            return narrow.FreeAt = Math.Max(due, narrow.FreeAt) + (long)(bytes * ticksPerByte);
        }
    }

    private bool IsLost()
    {
        lock (_gate)
        {
            if (_loss == 0 || _chance.NextDouble() >= _loss) return false;
        }

        Interlocked.Increment(ref _lost);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint IndexOf(string name);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Control(int socket, nuint request, byte* argument);

    private readonly record struct Packet(long Due, byte[] Bytes);

    private sealed class Narrowing(int bytesPerSecond)
    {
        public int BytesPerSecond => bytesPerSecond;

        /// <summary>When all that was let in has come out.</summary>
        public long FreeAt { get; set; }
    }

    /// <summary>An interface, by its number: sockaddr_ll.</summary>
    private sealed class InterfaceEndPoint(uint index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            BinaryPrimitives.WriteUInt16BigEndian(address.Buffer.Span[2..], AllProtocols);
            MemoryMarshal.Write(address.Buffer.Span[4..], index);
            return address;
        }
    }
}
