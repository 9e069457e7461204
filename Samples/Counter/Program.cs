// A grain of your own, and how to write one that stands beside the store.
//
//   1. Say what may be asked: an interface with a key (here a name; see CounterGrain.cs), whose methods return Task or ValueTask.
//   2. Write the class. One call runs at a time, so its fields need no lock.
//   3. Ask for it by key: the runtime makes it on its first call and finds it from then on.
//
// In a silo that also serves the store, add your grains' project next to `silo.AddStore(...)`: grain classes are found by
// themselves. Give every interface and method an [Alias]: servers of two builds must understand one another.

using System.Net;
using System.Net.Sockets;
using Cmud.Samples.Counter;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
// One silo that is a cluster of its own. Its port is whatever the machine has free, and without a gateway nobody connects from outside.
builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0));

using var host = builder.Build();
await host.StartAsync();

var counter = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("example");
await counter.Add(1);
await counter.Add(2);
Console.WriteLine(await counter.Get());

await host.StopAsync();

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}
